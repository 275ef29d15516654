/** Rewards that other programs and machines compute: commands, services, judges. */
@NullMarked
package org.diffusionnft.rewards.service;

import org.jspecify.annotations.NullMarked;
