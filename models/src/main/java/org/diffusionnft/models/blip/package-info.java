/** BLIP's encoders, and ImageReward, which judges pictures with them. */
@NullMarked
package org.diffusionnft.models.blip;

import org.jspecify.annotations.NullMarked;
