/** Mask2Former's files. */
@NullMarked
package org.diffusionnft.weights.mask2former;

import org.jspecify.annotations.NullMarked;
