/** The command line {@code dnft}: one class for each command, and how errors are shown. */
@NullMarked
package org.diffusionnft.cli;

import org.jspecify.annotations.NullMarked;
