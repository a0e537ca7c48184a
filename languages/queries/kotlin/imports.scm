(import (qualified_identifier) @path .) @import.names
(import (qualified_identifier) @path (identifier) @alias) @import.names
(import (qualified_identifier) @module "*") @import.wildcard
