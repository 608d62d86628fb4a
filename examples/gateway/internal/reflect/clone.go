// Package reflect copies values whose type is only known while the gateway runs.
package reflect

// Clone returns a deep copy of what JSON and YAML decode to: maps, slices and plain values.
func Clone(value interface{}) interface{} {
	switch known := value.(type) {
	case map[string]interface{}:
		return CloneMap(known)
	case []interface{}:
		copied := make([]interface{}, len(known))
		for i, item := range known {
			copied[i] = Clone(item)
		}
		return copied
	default:
		return value
	}
}

// CloneMap is Clone for a map; nil stays nil.
func CloneMap(value map[string]interface{}) map[string]interface{} {
	if value == nil {
		return nil
	}
	copied := make(map[string]interface{}, len(value))
	for key, item := range value {
		copied[key] = Clone(item)
	}
	return copied
}
