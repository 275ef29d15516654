/** BLIP's encoders, and ImageReward, which scores images with them. */
@NullMarked
package org.diffusionnft.models.blip;

import org.jspecify.annotations.NullMarked;
