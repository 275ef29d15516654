/** Networks in the ONNX format: loaded, checked, run. */
@NullMarked
package org.diffusionnft.onnx;

import org.jspecify.annotations.NullMarked;
