# find_package(Patchbay): the targets Patchbay::patchbay and Patchbay::web, and the functions of PatchbayHelpers.cmake.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(Boost 1.75) # Boost.PFR (headers only), which the public headers need
include(${CMAKE_CURRENT_LIST_DIR}/PatchbayTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/PatchbayHelpers.cmake)
