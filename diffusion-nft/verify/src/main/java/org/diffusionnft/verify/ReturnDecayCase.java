package org.diffusionnft.verify;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.nft.SoftUpdateSchedule;
import org.diffusionnft.weights.io.InvalidFileException;

/** The decay of the old policy's soft update by step, for every decay type; exact. */
final class ReturnDecayCase implements CaseKind {
  private static final Pattern OUTPUT = Pattern.compile("type(\\d)");

  @Override
  public String name() {
    return "return_decay";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.hasInput("step")
        && folder.expected().names().stream().allMatch(n -> OUTPUT.matcher(n).matches());
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    long[] steps = folder.longs(folder.inputs(), "step");
    for (String name : folder.expected().names()) {
      Matcher type = OUTPUT.matcher(name);
      if (type.matches()) {
        SoftUpdateSchedule schedule = SoftUpdateSchedule.ofType(Integer.parseInt(type.group(1)));
        double[] decay = new double[steps.length];
        for (int i = 0; i < steps.length; i++) {
          decay[i] = schedule.decay(steps[i]);
        }
        checks.values(name, Margin.exact(), decay);
      }
    }
  }
}
