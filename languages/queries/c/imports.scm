; also the query for C++
(preproc_include path: (string_literal (string_content) @module)) @import.wildcard
(preproc_include path: (system_lib_string) @module) @import.wildcard
