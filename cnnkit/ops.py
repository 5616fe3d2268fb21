"""What units 02 to 08 teach, ready to use: the same names, arguments and conventions, computed by torch.

NumPy arrays go in and come out. No function changes an argument or returns a view of one. A float array gives a result
of the same float type, whole numbers give float64; float16 is computed in float32. What makes no layer raises
ValueError and says what was given and what was expected. torch is imported by the first call, not before.
"""

from cnnkit._convolution import (
    col2im,
    conv2d,
    conv2d_backward,
    conv_transpose2d,
    correlate2d,
    im2col,
    out_size,
    pad2d,
)
from cnnkit._network import (
    batchnorm2d_backward,
    batchnorm2d_forward,
    linear,
    linear_backward,
    relu,
    relu_backward,
    softmax_cross_entropy,
)
from cnnkit._pooling import (
    avg_pool2d,
    avg_pool2d_backward,
    global_avg_pool,
    global_avg_pool_backward,
    max_pool2d,
    max_pool2d_backward,
)

__all__ = [
    "avg_pool2d",
    "avg_pool2d_backward",
    "batchnorm2d_backward",
    "batchnorm2d_forward",
    "col2im",
    "conv2d",
    "conv2d_backward",
    "conv_transpose2d",
    "correlate2d",
    "global_avg_pool",
    "global_avg_pool_backward",
    "im2col",
    "linear",
    "linear_backward",
    "max_pool2d",
    "max_pool2d_backward",
    "out_size",
    "pad2d",
    "relu",
    "relu_backward",
    "softmax_cross_entropy",
]
