/** Models in the Open Neural Network Exchange format, as they lie in files. */
@NullMarked
package org.diffusionnft.weights.onnx;

import org.jspecify.annotations.NullMarked;
