; added to javascript/imports.scm
(import_require_clause (identifier) @alias source: (string (string_fragment) @module)) @statement @import.module
