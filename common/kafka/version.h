// Which librdkafka is in this process. Any process may ask; makes no client.
#pragma once

namespace headcount::kafka {

// Of the library that was loaded, not of the header that was compiled: "2.0.2".
const char* LibraryVersion();

}  // namespace headcount::kafka
