# What `cmake --install` puts where. Two lots, which are the two Debian packages too (PatchbayPackage.cmake):
# Server runs programs, Dev builds them. Included by the top level only: as a part of another project nothing is installed.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/Patchbay)

# The programs find the library beside them wherever the prefix is.
file(RELATIVE_PATH to_library /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
set_target_properties(patchbay-server PROPERTIES INSTALL_RPATH "$ORIGIN/${to_library}")
install(TARGETS patchbay-server RUNTIME COMPONENT Server)
# `./patchbay run` builds no load generator; what it has built is installed all the same.
install(TARGETS patchbay-bench RUNTIME COMPONENT Server OPTIONAL)

# What it loads by name: the folder beside the library.
install(TARGETS chat-app ${patchbay_plugins} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/patchbay COMPONENT Server)

# The rooms are inside the shared library, so its export names none of them.
set(modules web yjs)
add_dependencies(patchbay-server patchbay-yjs) # `./patchbay run` builds what is installed
if(TARGET patchbay-store)
  list(APPEND modules store)
  add_dependencies(patchbay-server patchbay-store) # likewise
endif()
set(module_targets)
foreach(module IN LISTS modules)
  list(APPEND module_targets patchbay-${module})
  set_target_properties(patchbay-${module} PROPERTIES EXPORT_NAME ${module})
  install(DIRECTORY modules/${module}/include/ TYPE INCLUDE COMPONENT Dev FILES_MATCHING PATTERN *.hpp)
endforeach()
install(TARGETS patchbay ${module_targets} EXPORT Patchbay
  LIBRARY COMPONENT Server NAMELINK_COMPONENT Dev
  ARCHIVE COMPONENT Dev)
install(DIRECTORY framework/include/ TYPE INCLUDE COMPONENT Dev FILES_MATCHING PATTERN *.hpp)

# find_package(Patchbay): targets and helpers. Before 1.0 a minor version may break an interface.
install(EXPORT Patchbay FILE PatchbayTargets.cmake NAMESPACE Patchbay:: DESTINATION ${folder} COMPONENT Dev)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/PatchbayConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES framework/cmake/PatchbayConfig.cmake framework/cmake/PatchbayHelpers.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/PatchbayConfigVersion.cmake DESTINATION ${folder} COMPONENT Dev)

# What an operator reads and copies. In the Debian package the configuration stands in /etc instead of with the examples.
install(FILES apps/patchbay/README.md apps/patchbay/nginx.conf CHANGELOG.md DESTINATION share/doc/patchbay COMPONENT Server)
install(FILES apps/patchbay/patchbay.service DESTINATION lib/systemd/system COMPONENT Server)
install(FILES apps/patchbay/patchbay.yaml DESTINATION share/doc/patchbay COMPONENT Example)
