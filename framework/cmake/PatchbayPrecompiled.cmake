# Headers that are compiled once per build. A compiler takes such a header only where the flags are those that it was made
# with, so it belongs to a library of its own that is compiled as its users are.
option(PATCHBAY_PRECOMPILE "Compile the tests' common headers once (OFF shows whether each unit includes what it uses)" ON)

# patchbay_precompile(NAME [PROGRAM] HEADERS <...>... [OPTIONS ...] [LIBRARIES ...] [INCLUDES ...])
# PROGRAM: for units of executables (-fPIE), otherwise for those of libraries.
function(patchbay_precompile name)
  cmake_parse_arguments(precompile "PROGRAM" "" "HEADERS;OPTIONS;LIBRARIES;INCLUDES" ${ARGN})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp) # a library must have one; this one only owns the headers
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${source})
  if(precompile_PROGRAM)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIE)
  endif()
  target_include_directories(${name} PRIVATE ${precompile_INCLUDES})
  target_link_libraries(${name} PRIVATE ${precompile_LIBRARIES})
  # A compiler cache needs the time left out of it (Clang), and a name instead of a path: so it knows it in another folder.
  target_compile_options(${name} PRIVATE ${precompile_OPTIONS}
    "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
  target_precompile_headers(${name} PRIVATE ${precompile_HEADERS})
endfunction()

# patchbay_reuse_precompiled(TARGET NAME)
function(patchbay_reuse_precompiled target name)
  target_precompile_headers(${target} REUSE_FROM ${name})
  # For the compiler cache: GCC's preprocessor must name the headers instead of swallowing them.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
