; also the first part of the query for TypeScript
; Names are captured apart from the module: a pattern that holds both would be cubic in the number of names.
(import_statement source: (string (string_fragment) @module)) @statement @import.effect
(import_clause (identifier) @default) @import.names
(import_specifier name: (_) @name alias: (_)? @alias) @import.names
(namespace_import (identifier) @alias) @import.module
(export_statement source: (string (string_fragment) @module)) @statement @exported @import.effect
(export_statement "*" source: (string (string_fragment) @module)) @import.wildcard
(namespace_export (_) @alias) @import.module
(export_specifier name: (_) @name alias: (_)? @alias) @import.names
((call_expression function: (identifier) @_require arguments: (arguments . (string (string_fragment) @module))) @import.effect
  (#eq? @_require "require"))
((variable_declarator name: (identifier) @alias value: (call_expression function: (identifier) @_require arguments: (arguments . (string (string_fragment) @module)))) @import.module
  (#eq? @_require "require"))
((variable_declarator name: (object_pattern) value: (call_expression function: (identifier) @_require arguments: (arguments . (string (string_fragment) @module)))) @statement @import.effect
  (#eq? @_require "require"))
(object_pattern [
  (shorthand_property_identifier_pattern) @name
  (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name)
  (pair_pattern key: (_) @name value: (identifier) @alias)
] @import.names)
((variable_declarator
  name: (identifier) @alias
  value: (member_expression
    object: (call_expression function: (identifier) @_require arguments: (arguments . (string (string_fragment) @module)))
    property: (_) @name)) @import.names
  (#eq? @_require "require"))
(call_expression function: (import) arguments: (arguments . (string (string_fragment) @module))) @import.effect
(variable_declarator name: (identifier) @alias value: (await_expression (call_expression function: (import) arguments: (arguments . (string (string_fragment) @module))))) @import.module
(variable_declarator name: (object_pattern) value: (await_expression (call_expression function: (import) arguments: (arguments . (string (string_fragment) @module))))) @statement @import.effect
