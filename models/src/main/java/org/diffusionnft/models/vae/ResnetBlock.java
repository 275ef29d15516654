package org.diffusionnft.models.vae;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.jspecify.annotations.Nullable;

/**
 * Two convolutions around the input.
 *
 * @param shortcut where the number of channels changes; else null
 */
record ResnetBlock(Norm norm1, Conv conv1, Norm norm2, Conv conv2, @Nullable Conv shortcut)
    implements Stage {

  static ResnetBlock of(VaeConfig config, Parameters parameters, String name) {
    boolean changes = parameters.find(name + ".conv_shortcut.weight") != null;
    return new ResnetBlock(
        Norm.of(config, parameters, name + ".norm1"),
        Conv.of(parameters, name + ".conv1"),
        Norm.of(config, parameters, name + ".norm2"),
        Conv.of(parameters, name + ".conv2"),
        changes ? Conv.of(parameters, name + ".conv_shortcut") : null);
  }

  @Override
  public Variable apply(Variable x) {
    Variable y = Stage.passing(x, in -> conv1.apply(norm1.apply(in).silu()));
    Variable z = Stage.then(y, in -> conv2.apply(norm2.apply(in).silu()));
    return (shortcut == null ? x : shortcut.apply(x)).add(z);
  }
}
