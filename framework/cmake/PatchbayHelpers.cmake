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

# patchbay_embed_pages(TARGET FUNCTION FOLDER)
# Puts the files of FOLDER into TARGET and gives it `patchbay::web::Pages FUNCTION()`. Link Patchbay::web to use it.
function(patchbay_embed_pages target function folder)
  get_filename_component(folder ${folder} ABSOLUTE)
  file(GLOB_RECURSE files RELATIVE ${folder} CONFIGURE_DEPENDS ${folder}/*)
  set(source "#include <patchbay/web.hpp>\n\n")
  set(rows "")
  set(index 0)
  foreach(file IN LISTS files)
    set(symbol ${function}_${index})
    string(APPEND source "__asm__(\".section .rodata\\n\"\n        \"${symbol}: .incbin \\\"${folder}/${file}\\\"\\n\"\n"
      "        \"${symbol}_end:\\n\"\n        \".previous\\n\");\n"
      "extern \"C\" __attribute__((visibility(\"hidden\"))) const char ${symbol}[], ${symbol}_end[];\n")
    string(APPEND rows "        {\"${file}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
    list(APPEND depends ${folder}/${file})
    math(EXPR index "${index} + 1")
  endforeach()
  string(APPEND source "\npatchbay::web::Pages ${function}() {\n    return {\n${rows}    };\n}\n")
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
  file(CONFIGURE OUTPUT ${output} CONTENT "${source}" @ONLY)
  set_source_files_properties(${output} PROPERTIES OBJECT_DEPENDS "${depends}")
  target_sources(${target} PRIVATE ${output})
endfunction()
