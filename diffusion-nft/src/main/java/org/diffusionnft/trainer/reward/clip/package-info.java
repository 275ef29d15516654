/** Rewards of CLIP models. */
@NullMarked
package org.diffusionnft.trainer.reward.clip;

import org.jspecify.annotations.NullMarked;
