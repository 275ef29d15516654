/** The public test cases of ONNX. */
@NullMarked
package org.diffusionnft.verify.onnx;

import org.jspecify.annotations.NullMarked;
