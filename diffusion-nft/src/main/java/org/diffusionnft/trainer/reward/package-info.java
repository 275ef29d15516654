/** Rewards: what images are worth. */
@NullMarked
package org.diffusionnft.trainer.reward;

import org.jspecify.annotations.NullMarked;
