/** Rewards: what images are worth. */
@NullMarked
package org.diffusionnft.rewards;

import org.jspecify.annotations.NullMarked;
