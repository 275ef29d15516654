/** Reads model files in the Open Neural Network Exchange format. */
@NullMarked
package org.diffusionnft.weights.onnx;

import org.jspecify.annotations.NullMarked;
