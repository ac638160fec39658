# `cpack -G DEB` in a build tree: patchbay, for machines that serve (library, server program, unit, configuration), and
# libpatchbay-dev, for those that build. Two, so that no server has to take a compiler's headers along.
install(FILES apps/patchbay/patchbay.yaml DESTINATION /etc/patchbay COMPONENT Etc EXCLUDE_FROM_ALL)
foreach(package patchbay libpatchbay-dev)
  install(FILES LICENSE DESTINATION share/doc/${package} RENAME copyright COMPONENT ${package}-license EXCLUDE_FROM_ALL)
endforeach()

set(CPACK_PACKAGE_NAME patchbay)
set(CPACK_PACKAGE_VENDOR "The Patchbay authors")
set(CPACK_PACKAGE_CONTACT "The Patchbay authors <authors@patchbay.example>")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON) # or what belongs in /etc would be put into this machine's
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL Server Etc patchbay-license Dev libpatchbay-dev-license)

set(debian ${CMAKE_CURRENT_SOURCE_DIR}/apps/patchbay/debian)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_NAME patchbay)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION httpd)
set(CPACK_DEBIAN_SERVER_DESCRIPTION "The server program with its sample applications, its configuration and a
systemd unit, and the library that programs built with libpatchbay-dev run on.")
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
  ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/triggers)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libpatchbay-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_DESCRIPTION "Headers, libraries and CMake files: find_package(Patchbay) gives the targets
Patchbay::patchbay, Patchbay::web, Patchbay::yjs and Patchbay::store and the functions that build endpoint libraries.")
# Boost 1.81 by name: Boost.PFR is not in Debian 12's default version.
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "patchbay (= ${PROJECT_VERSION}), libboost1.81-dev")
if(TARGET patchbay-store)
  string(APPEND CPACK_DEBIAN_DEV_PACKAGE_DEPENDS ", libsqlite3-dev")
endif()
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "cmake (>= 3.25), g++")

include(CPack)
foreach(part Server Etc patchbay-license)
  cpack_add_component(${part} GROUP server)
endforeach()
foreach(part Dev libpatchbay-dev-license)
  cpack_add_component(${part} GROUP dev)
endforeach()
