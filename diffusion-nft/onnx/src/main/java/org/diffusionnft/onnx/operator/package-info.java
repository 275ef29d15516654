/** The operators of ONNX, one table row each. */
@NullMarked
package org.diffusionnft.onnx.operator;

import org.jspecify.annotations.NullMarked;
