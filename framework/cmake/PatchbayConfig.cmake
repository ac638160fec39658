# find_package(Patchbay): the targets Patchbay::patchbay, Patchbay::web, Patchbay::yjs and Patchbay::store, and the functions of PatchbayHelpers.cmake.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(Boost 1.75) # Boost.PFR (headers only), which the public headers need
find_package(SQLite3 QUIET) # for who links Patchbay::store
include(${CMAKE_CURRENT_LIST_DIR}/PatchbayTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/PatchbayHelpers.cmake)
