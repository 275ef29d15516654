/** Reading and writing the safetensors format. */
@NullMarked
package org.diffusionnft.weights.safetensors;

import org.jspecify.annotations.NullMarked;
