/** Models on disk in diffusers' layout or as single files, as a whole and part by part. */
@NullMarked
package org.diffusionnft.weights.checkpoint;

import org.jspecify.annotations.NullMarked;
