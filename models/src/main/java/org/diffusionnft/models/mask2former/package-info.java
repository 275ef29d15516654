/** Mask2Former with a Swin backbone: instance segmentation of images. */
@NullMarked
package org.diffusionnft.models.mask2former;

import org.jspecify.annotations.NullMarked;
