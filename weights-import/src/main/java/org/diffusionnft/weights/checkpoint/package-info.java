/** Models on disk, in diffusers' layout or as single files, whole or by part. */
@NullMarked
package org.diffusionnft.weights.checkpoint;

import org.jspecify.annotations.NullMarked;
