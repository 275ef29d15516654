/** The safetensors format, in and out. */
@NullMarked
package org.diffusionnft.weights.safetensors;

import org.jspecify.annotations.NullMarked;
