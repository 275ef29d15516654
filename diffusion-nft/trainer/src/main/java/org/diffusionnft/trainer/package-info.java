/** The trainer, the embedded world and the command line. */
@NullMarked
package org.diffusionnft.trainer;

import org.jspecify.annotations.NullMarked;
