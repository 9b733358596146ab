"""Turning stored drawings into training pictures: placement, warps, drawing styles, colours, backgrounds."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .towers import IMAGE, MEAN, STD

OUTLINED = 0.35  # share redrawn in another style
RECOLOURED = 0.08
WARP = 0.05


class Draws:
    """Random numbers of one generator."""

    def __init__(self, generator: torch.Generator) -> None:
        self._g = generator

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        """Return float32 in [low, high)."""
        return torch.rand(*shape, generator=self._g) * (high - low) + low

    def normal(self, *shape: int) -> torch.Tensor:
        """Return standard normal float32."""
        return torch.randn(*shape, generator=self._g)

    def pick(self, n: int, share: float) -> torch.Tensor:
        """Return the indices of a random share of n items."""
        return (self.uniform(n) < share).nonzero()[:, 0]


def place(
    pixels: torch.Tensor,
    scale: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    flip: torch.Tensor,
    warp: bool,
    d: Draws,
) -> torch.Tensor:
    """Scale, turn, stretch, mirror and shift drawings.

    Takes uint8 [n, h, w, 4], returns float [n, 4, 64, 64] in [0, 1], premultiplied.
    """
    n = len(pixels)
    angle = d.uniform(n, low=-0.25, high=0.25) * (d.uniform(n) < 0.4)
    aspect = d.uniform(n, low=-0.12, high=0.12).exp()
    cos, sin, side = angle.cos() / scale, angle.sin() / scale, torch.where(flip, -1.0, 1.0)
    rows = [
        torch.stack([cos * side * aspect, sin * side, -(cos * x + sin * y) * side], 1),
        torch.stack([-sin, cos / aspect, sin * x - cos * y], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), [n, 4, IMAGE, IMAGE], align_corners=False)
    if warp:  # proportions differ between styles
        bends = d.normal(n, 2, 5, 5) * (WARP * (d.uniform(n, 1, 1, 1) < 0.6))
        bends = F.interpolate(bends, size=(IMAGE, IMAGE), mode="bicubic", align_corners=True)
        grid = grid + bends.permute(0, 2, 3, 1)
    return F.grid_sample(pixels.permute(0, 3, 1, 2).float().div_(255), grid, align_corners=False)


def recolour(image: torch.Tensor, d: Draws) -> torch.Tensor:
    """Mix the channels: the same drawing in other hues."""
    alpha = image[:, 3:]
    rgb = image[:, :3] / alpha.clamp(min=1e-3)
    mix = torch.softmax(d.normal(len(image), 3, 3) * 2.5, 2)
    return torch.cat([torch.einsum("nij,njhw->nihw", mix, rgb).clamp(0, 1) * alpha, alpha], 1)


def outline(image: torch.Tensor, keep_colour: torch.Tensor, d: Draws) -> torch.Tensor:
    """Redraw with dark lines along edges and silhouette over untouched, flat, white, tinted or grey fills."""
    n = len(image)
    alpha = image[:, 3:].clamp(0, 1)
    rgb = (image[:, :3] / alpha.clamp(min=1e-3)).clamp(0, 1)
    on_white = torch.cat([image[:, :3] + 1 - alpha, alpha], 1)
    edge = (F.max_pool2d(on_white, 3, 1, 1) + F.max_pool2d(-on_white, 3, 1, 1)).amax(1, True)
    edge = ((edge - d.uniform(n, 1, 1, 1, low=0.12, high=0.35)) * 5).clamp(0, 1)
    body = F.max_pool2d(alpha, 3, 1, 1)
    thick = d.pick(n, 0.15)
    edge[thick], body[thick] = F.max_pool2d(edge[thick], 3, 1, 1), F.max_pool2d(body[thick], 3, 1, 1)
    smooth = F.avg_pool2d(image, 5, 1, 2, count_include_pad=False)
    flat = ((smooth[:, :3] / smooth[:, 3:].clamp(min=1e-3)).clamp(0, 1) * 3).round() / 3
    k = d.uniform(n) * torch.where(keep_colour, 0.6, 1.0)
    fill = rgb
    for low, high, other in (
        (0.3, 0.6, flat),
        (0.6, 0.8, torch.ones_like(rgb)),
        (0.8, 0.9, d.uniform(n, 3, 1, 1).expand_as(rgb)),
        (0.9, 1.1, 0.6 + 0.4 * rgb.mean(1, True).expand_as(rgb)),
    ):
        fill = torch.where(((k >= low) & (k < high))[:, None, None, None], other, fill)
    fill = torch.where(alpha > 0.25, fill, torch.ones_like(fill))
    ink = d.uniform(n, 1, 1, 1, high=0.25)
    return torch.cat([(fill * (1 - edge) + ink * edge) * body, body], 1)


def paint(background: torch.Tensor, image: torch.Tensor, d: Draws) -> torch.Tensor:
    """Jitter brightness, contrast and saturation, and blend over the background."""
    rgb, alpha, n = image[:, :3], image[:, 3:], len(image)
    bright, contrast = d.uniform(n, 1, 1, 1, low=0.82, high=1.18), d.uniform(n, 1, 1, 1, low=0.8, high=1.2)
    saturation = d.uniform(n, 1, 1, 1, low=0.65, high=1.25)
    x = rgb * saturation + rgb.mean(1, True) * (1 - saturation)
    x = x * (bright * contrast) + alpha * (0.5 - 0.5 * contrast)
    return x.clamp_(min=0).minimum(alpha).addcmul_(background.expand_as(x), 1 - alpha)


def backgrounds(n: int, d: Draws) -> torch.Tensor:
    """Return [n, 3, 64, 64]: 60 % white, the rest plain, gradients and soft blotches, mostly light."""

    def light(colour: torch.Tensor) -> torch.Tensor:
        return torch.where(d.uniform(len(colour), 1, 1, 1) < 0.4, 1 - (1 - colour) * 0.3, colour)

    out, k = torch.ones(n, 3, IMAGE, IMAGE), d.uniform(n)
    plain, ramp, blotch = (
        ((k >= a) & (k < b)).nonzero()[:, 0] for a, b in ((0.6, 0.8), (0.8, 0.93), (0.93, 2))
    )
    out[plain] = light(d.uniform(len(plain), 3, 1, 1)).expand(-1, -1, IMAGE, IMAGE)
    line, m = torch.linspace(0, 1, IMAGE), len(ramp)
    weight = d.uniform(m, 1, 1) * line[None, :, None] + d.uniform(m, 1, 1) * line[None, None]
    weight = weight.unsqueeze(1).clamp(0, 1)
    out[ramp] = torch.lerp(light(d.uniform(m, 3, 1, 1)), d.uniform(m, 3, 1, 1), weight)
    out[blotch] = F.interpolate(d.uniform(len(blotch), 3, 6, 6), size=(IMAGE, IMAGE), mode="bilinear")
    return out


def normalise(pixels: torch.Tensor) -> torch.Tensor:
    """CLIP's channel normalisation of [n, 3, h, w] in [0, 1]."""
    return (pixels - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def compose(
    first: torch.Tensor,
    second: torch.Tensor,
    two: torch.Tensor,
    flip: torch.Tensor,
    keep_colour: torch.Tensor,
    restyle: bool,
    generator: torch.Generator,
) -> torch.Tensor:
    """Make training pictures, normalised float [n, 3, 64, 64].

    ``first`` uint8 [n, 72, 72, 4] are the drawings, ``second`` [two.sum(), 72, 72, 4] the companions of the
    rows where ``two`` is set; ``flip`` and ``keep_colour`` say what may be mirrored and must not change hue.
    """
    d, n = Draws(generator), len(first)
    small = d.uniform(n) < 0.1
    scale = torch.where(small, d.uniform(n, low=0.45, high=0.75), d.uniform(n, low=0.8, high=1.1))
    scale = torch.where(two, d.uniform(n, low=0.38, high=0.55), scale)
    side = (d.uniform(n) * 6).long()
    dx = torch.tensor([-0.5, 0.5, 0, 0, -0.45, 0.45])[side]
    dy = torch.tensor([0, 0, -0.5, 0.5, -0.4, 0.4])[side]
    room = (1.05 - scale).clamp(0.04, 0.5)
    jitter_x, jitter_y = d.uniform(n, low=-1, high=1), d.uniform(n, low=-1, high=1)
    x = torch.where(two, dx + 0.06 * jitter_x, room * jitter_x)
    y = torch.where(two, dy + 0.06 * jitter_y, room * jitter_y)
    image = place(first, scale, x, y, flip & (d.uniform(n) < 0.4), restyle, d)
    if restyle:
        rows = d.pick(n, OUTLINED)
        image[rows] = outline(image[rows], keep_colour[rows], d)
        rows = ((d.uniform(n) < RECOLOURED) & ~keep_colour).nonzero()[:, 0]
        image[rows] = recolour(image[rows], d)
    out = paint(backgrounds(n, d), image, d)
    rows = two.nonzero()[:, 0]
    if len(rows):
        size = scale[rows] * d.uniform(len(rows), low=0.85, high=1.1)
        other = place(second, size, -dx[rows], -dy[rows], torch.zeros(len(rows), dtype=torch.bool), False, d)
        out[rows] = paint(out[rows], other, d)
    rows = d.pick(n, 0.1)
    out[rows] = F.avg_pool2d(F.pad(out[rows], (1, 1, 1, 1), mode="replicate"), 3, 1)
    rows = ((d.uniform(n) < 0.03) & ~keep_colour).nonzero()[:, 0]
    out[rows] = out[rows].mean(1, True).expand(-1, 3, -1, -1)
    rows = d.pick(n, 0.1)
    out[rows] += d.normal(len(rows), 3, IMAGE, IMAGE) * 0.03
    return normalise(out.clamp_(0, 1))
