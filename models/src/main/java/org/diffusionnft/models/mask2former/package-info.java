/** Mask2Former with a Swin backbone: which objects a picture shows, and which pixels are theirs. */
@NullMarked
package org.diffusionnft.models.mask2former;

import org.jspecify.annotations.NullMarked;
