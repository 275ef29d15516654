/** Rewards for legible text: whether the words that a prompt asks for can be read. */
@NullMarked
package org.diffusionnft.rewards.text;

import org.jspecify.annotations.NullMarked;
