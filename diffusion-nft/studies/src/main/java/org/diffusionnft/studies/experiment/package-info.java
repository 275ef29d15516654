/** Experiments: several training runs under equal conditions, and a page that compares them. */
@NullMarked
package org.diffusionnft.studies.experiment;

import org.jspecify.annotations.NullMarked;
