; also the first part of the query for TypeScript
(import_statement source: (string (string_fragment) @module)) @import.effect
(import_statement (import_clause (identifier) @default) source: (string (string_fragment) @module)) @import.names
(import_statement (import_clause (named_imports (import_specifier name: (_) @name alias: (_)? @alias))) source: (string (string_fragment) @module)) @import.names
(import_statement (import_clause (namespace_import (identifier) @alias)) source: (string (string_fragment) @module)) @import.module
(export_statement source: (_)) @exported
(export_statement "*" source: (string (string_fragment) @module)) @import.wildcard
(export_statement (namespace_export (_) @alias) source: (string (string_fragment) @module)) @import.module
(export_statement (export_clause) source: (string (string_fragment) @module)) @import.effect
(export_statement (export_clause (export_specifier name: (_) @name alias: (_)? @alias)) source: (string (string_fragment) @module)) @import.names
((call_expression function: (identifier) @_require arguments: (arguments . (string (string_fragment) @module))) @import.effect
  (#eq? @_require "require"))
((variable_declarator name: (identifier) @alias value: (call_expression function: (identifier) @_require arguments: (arguments . (string (string_fragment) @module)))) @import.module
  (#eq? @_require "require"))
((variable_declarator
  name: (object_pattern [
    (shorthand_property_identifier_pattern) @name
    (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name)
    (pair_pattern key: (_) @name value: (identifier) @alias)
  ])
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string (string_fragment) @module)))) @import.names
  (#eq? @_require "require"))
((variable_declarator
  name: (identifier) @alias
  value: (member_expression
    object: (call_expression function: (identifier) @_require arguments: (arguments . (string (string_fragment) @module)))
    property: (_) @name)) @import.names
  (#eq? @_require "require"))
(call_expression function: (import) arguments: (arguments . (string (string_fragment) @module))) @import.effect
(variable_declarator name: (identifier) @alias value: (await_expression (call_expression function: (import) arguments: (arguments . (string (string_fragment) @module))))) @import.module
(variable_declarator
  name: (object_pattern [
    (shorthand_property_identifier_pattern) @name
    (pair_pattern key: (_) @name value: (identifier) @alias)
  ])
  value: (await_expression (call_expression function: (import) arguments: (arguments . (string (string_fragment) @module))))) @import.names
