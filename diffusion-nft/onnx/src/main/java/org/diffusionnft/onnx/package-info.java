/** Loading, checking and running of networks in the ONNX format. */
@NullMarked
package org.diffusionnft.onnx;

import org.jspecify.annotations.NullMarked;
