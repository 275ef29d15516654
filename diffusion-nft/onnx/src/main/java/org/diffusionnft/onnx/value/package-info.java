/** The values on the edges of a graph. */
@NullMarked
package org.diffusionnft.onnx.value;

import org.jspecify.annotations.NullMarked;
