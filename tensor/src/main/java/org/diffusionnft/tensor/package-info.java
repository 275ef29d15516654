/** Tensors, memory, randomness, the device interface and the reference device. */
@NullMarked
package org.diffusionnft.tensor;

import org.jspecify.annotations.NullMarked;
