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

# patchbay_add_plugin(NAME sources...)
# lib<NAME>.so, for the plugin folders. One of the sources has PATCHBAY_PLUGIN. Under GCC without unique symbols: a library
# that has one is never unmapped.
function(patchbay_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  patchbay_be_plugin(${name} ${name})
endfunction()

# patchbay_add_app(NAME ENTRY entry-source sources...)
# The same endpoints and pages twice: NAME to link, as by patchbay_add_endpoints, and lib<NAME>.so to load, from the same
# objects and the source that has PATCHBAY_PLUGIN.
function(patchbay_add_app name)
  cmake_parse_arguments(app "" "ENTRY" "" ${ARGN})
  patchbay_add_endpoints(${name} ${app_UNPARSED_ARGUMENTS})
  add_library(${name}-app MODULE ${app_ENTRY})
  target_link_libraries(${name}-app PRIVATE ${name})
  patchbay_be_plugin(${name}-app ${name})
endfunction()

function(patchbay_be_plugin target name)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} PREFIX lib CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/patchbay)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_libraries(${target} PRIVATE Patchbay::patchbay)
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
