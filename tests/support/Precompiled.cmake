# The precompiled header of the test units (Precompiled.hpp). A compiler takes one only where the flags are those that it was
# made with, so it belongs to a library that is compiled as the test executables are: as part of a program (-fPIE), and a
# second time with what POCO defines, for the rooms whose own headers include POCO's.
option(PATCHBAY_PRECOMPILE "Compile the tests' common headers once (OFF shows whether each unit includes what it uses)" ON)

function(patchbay_test_headers name)
  add_library(${name} OBJECT ${CMAKE_CURRENT_SOURCE_DIR}/support/Precompiled.cpp)
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIE)
  target_link_libraries(${name} PRIVATE GTest::gmock ${ARGN})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  # A compiler cache needs the time left out of it (Clang), and a name instead of a path: so it knows it in another folder.
  target_compile_options(${name} PRIVATE "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
  target_precompile_headers(${name} PRIVATE <support/Precompiled.hpp>)
endfunction()

if(PATCHBAY_PRECOMPILE)
  patchbay_test_headers(test-headers)
  find_package(Poco REQUIRED COMPONENTS Net NetSSL)
  patchbay_test_headers(test-headers-poco Poco::Net Poco::NetSSL)
endif()

# patchbay_use_precompiled(TARGET [POCO])
function(patchbay_use_precompiled target)
  if(NOT PATCHBAY_PRECOMPILE)
    return()
  endif()
  set(headers test-headers)
  if("POCO" IN_LIST ARGN)
    set(headers test-headers-poco)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${headers})
  # For the compiler cache: GCC's preprocessor must name the header instead of swallowing it.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
