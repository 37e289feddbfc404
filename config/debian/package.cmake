# What `cpack --preset release` packs: a Debian package of the release build. The debug build has crash points in it and
# is not packed. config/README.md has the rest ("As a service").
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  return()
endif()

# The program alone is packed: nobody should have to build the tests for it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(doc /usr/share/doc/headcount)
set(config ${CMAKE_SOURCE_DIR}/config)
set(made ${CMAKE_BINARY_DIR}/debian)

install(TARGETS headcount RUNTIME DESTINATION /usr/bin)
install(FILES ${config}/headcount.conf DESTINATION /etc/headcount)
install(FILES ${config}/systemd/headcount.service DESTINATION /usr/lib/systemd/system)
install(FILES ${config}/bash-completion/headcount DESTINATION /usr/share/bash-completion/completions)
install(FILES ${config}/debian/copyright DESTINATION ${doc})
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${doc})
# Where the README says that they are.
file(GLOB documents CONFIGURE_DEPENDS ${config}/*.md)
install(FILES ${documents} DESTINATION ${doc}/config)
install(FILES ${config}/debian/lintian-overrides DESTINATION /usr/share/lintian/overrides RENAME headcount)
foreach(example container elastic grafana kubernetes prometheus)
  if(EXISTS ${config}/${example})
    install(DIRECTORY ${config}/${example} DESTINATION ${doc}/examples)
  endif()
endforeach()

# install_gzipped(FILE NAME FOLDER): as Debian wants what is read by man and apt. -n: no time of the build in it.
function(install_gzipped file name folder)
  add_custom_command(OUTPUT ${made}/${name}.gz DEPENDS ${file} VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
    COMMAND sh -c "gzip -9nc \"$1\" >\"$2\"" gzip ${file} ${made}/${name}.gz)
  set_property(DIRECTORY APPEND PROPERTY HEADCOUNT_GZIPPED ${made}/${name}.gz)
  install(FILES ${made}/${name}.gz DESTINATION ${folder})
endfunction()
install_gzipped(${config}/debian/changelog changelog.Debian ${doc})
file(GLOB pages CONFIGURE_DEPENDS ${config}/man/*.[1-9])
foreach(page ${pages})
  get_filename_component(name ${page} NAME)
  string(REGEX REPLACE ".*[.]" "" section ${name})
  install_gzipped(${page} ${name} /usr/share/man/man${section})
endforeach()
get_property(gzipped DIRECTORY PROPERTY HEADCOUNT_GZIPPED)
add_custom_target(headcount_documents DEPENDS ${gzipped})
# So that whoever has built the program can pack it.
add_dependencies(headcount headcount_documents)

set(HEADCOUNT_MAINTAINER "headcount maintainers <headcount@example.org>" CACHE STRING "Who answers for the package")
set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT ${HEADCOUNT_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "distinct users of every minute of a Kafka topic, exactly")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"headcount reads JSON frames from a Kafka topic, counts the distinct users of
every minute of event time, and publishes one final record per minute to
another topic, exactly once, also where its processes or the brokers die. It
finishes each minute as soon as it can be right: late frames, idle partitions
and wrong clocks are dealt with.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# `systemctl reload` calls kill.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS procps)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${config}/debian/conffiles ${config}/debian/postinst ${config}/debian/prerm
  ${config}/debian/postrm)
include(CPack)
