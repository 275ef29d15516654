/**
 * Tensors, their memory, the {@link org.diffusionnft.tensor.Device} interface and the reference
 * device.
 */
@NullMarked
package org.diffusionnft.tensor;

import org.jspecify.annotations.NullMarked;
