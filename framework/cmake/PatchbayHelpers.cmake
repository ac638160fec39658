# What a project needs to build endpoints. Each helper takes a target name and its sources.
include_guard(GLOBAL)

# patchbay_add_endpoints(NAME sources...)
# A static library of endpoint classes. Who links it gets every registration in it: without whole-archive the linker
# would drop object files that nothing refers to, and their endpoints with them.
function(patchbay_add_endpoints name)
  add_library(${name}-objects STATIC ${ARGN})
  set_target_properties(${name}-objects PROPERTIES OUTPUT_NAME ${name} POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(${name}-objects PUBLIC cxx_std_20)
  target_compile_options(${name}-objects PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_libraries(${name}-objects PUBLIC Patchbay::patchbay)
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${name}-objects>" Patchbay::patchbay)
endfunction()
