# The precompiled headers of the test units (Precompiled.hpp): compiled as the test executables are, and a second time with what
# POCO defines, for the rooms whose own headers include POCO's.
if(PATCHBAY_PRECOMPILE)
  find_package(Poco REQUIRED COMPONENTS Net NetSSL)
  set(common PROGRAM HEADERS <support/Precompiled.hpp> INCLUDES ${CMAKE_CURRENT_SOURCE_DIR} LIBRARIES GTest::gmock)
  patchbay_precompile(test-headers ${common})
  patchbay_precompile(test-headers-poco ${common} Poco::Net Poco::NetSSL)
endif()

# patchbay_use_precompiled(TARGET [POCO])
function(patchbay_use_precompiled target)
  set(headers test-headers)
  if("POCO" IN_LIST ARGN)
    set(headers test-headers-poco)
  endif()
  if(PATCHBAY_PRECOMPILE)
    patchbay_reuse_precompiled(${target} ${headers})
  endif()
endfunction()
