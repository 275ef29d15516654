/** The operators of ONNX, a row each. */
@NullMarked
package org.diffusionnft.onnx.operator;

import org.jspecify.annotations.NullMarked;
