/** Rewards based on CLIP models. */
@NullMarked
package org.diffusionnft.rewards.clip;

import org.jspecify.annotations.NullMarked;
