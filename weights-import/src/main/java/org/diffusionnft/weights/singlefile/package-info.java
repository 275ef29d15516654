/** The names and shapes of tensors in single-file checkpoints. */
@NullMarked
package org.diffusionnft.weights.singlefile;

import org.jspecify.annotations.NullMarked;
