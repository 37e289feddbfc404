// Names the librdkafka in this process. Any process may ask; makes no client.
#pragma once

namespace headcount::kafka {

// The version of the loaded library, not of the compiled header: "2.0.2".
const char* LibraryVersion();

}  // namespace headcount::kafka
