/** ImageReward. */
@NullMarked
package org.diffusionnft.rewards.imagereward;

import org.jspecify.annotations.NullMarked;
