"""Names that the written file cannot give to what is ours, because they have a meaning in it."""

from __future__ import annotations

import sys

MEMBERS = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
    extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules
    mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
    share_memory state_dict to to_empty train training type xpu zero_grad
"""
ATTRIBUTES = frozenset(MEMBERS.split())
"""What an `nn.Module` has already (PyTorch 2.13)."""

VARIABLES = frozenset({"F", "float", "nn", "self", "torch", "x", "y"})
"""What the lines of `forward` name."""

CLASSES = frozenset({"F", "Path", "Tensor"})
"""What the file imports under names that a class may have."""

MODULES = sys.stdlib_module_names | {"numpy", "safetensors", "torch"}
"""What PyTorch and the file import."""
