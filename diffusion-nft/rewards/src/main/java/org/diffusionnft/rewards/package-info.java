/** Rewards: scores of images. */
@NullMarked
package org.diffusionnft.rewards;

import org.jspecify.annotations.NullMarked;
